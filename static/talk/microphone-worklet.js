// The microphone as a telephone hears it: mu-law (ITU-T G.711), 8000 samples a second, 20 ms a message.

const RATE = 8000;
const FRAME = 160;
const BIAS = 0x84;
const CLIP = 32635;

function toMulaw(sample) {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.round(Math.abs(sample) * 32767), CLIP) + BIAS;
  const exponent = 31 - Math.clz32(magnitude >> 7);
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 15)) & 0xff;
}

class Telephone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.sum = 0;
    this.count = 0;
    this.due = 0;
    this.frame = new Uint8Array(FRAME);
    this.filled = 0;
    this.energy = 0;
  }

  /** Each sample for the line is the mean of those that fall into its time. */
  process([input]) {
    for (const sample of input[0] ?? []) {
      this.sum += sample;
      this.count += 1;
      this.due += RATE;
      if (this.due < sampleRate) continue;
      this.due -= sampleRate;
      this.put(this.sum / this.count);
      this.sum = this.count = 0;
    }
    return true;
  }

  put(sample) {
    this.frame[this.filled++] = toMulaw(sample);
    this.energy += sample * sample;
    if (this.filled < FRAME) return;
    this.port.postMessage({ audio: this.frame, level: Math.sqrt(this.energy / FRAME) });
    this.frame = new Uint8Array(FRAME);
    this.filled = this.energy = 0;
  }
}

registerProcessor("telephone", Telephone);
