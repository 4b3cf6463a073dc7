// Scrolling inside a list without moving the page.

/** Bring `item` into view within `list`, with some room around it. */
export function keepInView(list, item) {
  const frame = list.getBoundingClientRect();
  const box = item.getBoundingClientRect();
  const room = Math.min(frame.height / 4, 80);
  if (box.top < frame.top + room) list.scrollBy({ top: box.top - frame.top - room });
  else if (box.bottom > frame.bottom - room) list.scrollBy({ top: box.bottom - frame.bottom + room });
}
