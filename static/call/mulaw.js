// Mu-law as telephones use it (ITU-T G.711).

const TABLE = Float32Array.from({ length: 256 }, (_, byte) => {
  const bits = ~byte & 0xff;
  const exponent = (bits >> 4) & 7;
  const magnitude = (((bits & 15) << 3) + 0x84) << exponent;
  return ((bits & 0x80 ? -1 : 1) * (magnitude - 0x84)) / 32768;
});

/** Bytes as samples of -1 to 1. */
export function mulaw(bytes) {
  return Float32Array.from(bytes, (byte) => TABLE[byte]);
}
