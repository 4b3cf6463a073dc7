// The ranges have keys.

import { onKeys } from "./keyboard.js";

const range = (number) => () => document.querySelectorAll("[data-range]")[number].click();
onKeys({ 1: range(0), 2: range(1), 3: range(2), r: () => location.reload() });
