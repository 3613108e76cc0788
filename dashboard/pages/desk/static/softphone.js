// Voice in the browser. The desk knows this interface and nothing behind it; the carrier's own SDK (issue 08) is a
// second file beside softphone-emulator.js and a second line in MAKERS.
//
//   start()            be reachable under the identity; resolves when registered
//   accept() reject()  the call that rings here; both wait a moment for a ring that is on its way
//   hangUp() mute(on)  the call in progress
//   on.ring() on.end() on.ready(bool)   what happens; `ready` is whether this browser can be rung

import { emulatorSoftphone } from "./softphone-emulator.js";

const MAKERS = { emulator: emulatorSoftphone };

const NONE = {
  exists: false,
  start: async () => {},
  accept: async () => false,
  reject: async () => false,
  hangUp: async () => false,
  mute: async () => {},
};

/** The softphone that the page names; one that does nothing when she only has a telephone. */
export function softphoneOf(dataset, on) {
  const make = MAKERS[dataset.softphone];
  return make && dataset.identity ? { exists: true, ...make(dataset.origin, dataset.identity, on) } : NONE;
}
