// Requests of this conversation that are answered at once, in JSON. What streams or is HTML alone is asked for elsewhere.

import { inConversation } from "./originals.mjs";
import { address } from "./page.mjs";

/** Whether it went well, and what the server told: {} where nothing came. Never throws. */
export async function call(path, given = {}) {
  const headers = { ...inConversation(), ...given.headers };
  const response = await fetch(address(path), { cache: "no-store", ...given, headers }).catch(() => null);
  return { ok: Boolean(response?.ok), told: (await response?.json().catch(() => null)) ?? {} };
}
