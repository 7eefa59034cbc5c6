// What a visitor says of an answer. A thumb up is sent at once; a thumb down asks what was wrong, which may be left empty.

import { say } from "./messages.mjs";
import { find, fromTemplate, hint } from "./page.mjs";
import { call } from "./server.mjs";

/** The two thumbs below an answer; `act` makes a button of a key, and `changed` is told when one is chosen. */
export function thumbsOf(turn, act, changed) {
  const thumb = (verdict, run) => {
    const made = act(verdict, run);
    made.setAttribute("aria-pressed", String(turn.verdict === verdict));
    return made;
  };
  return [
    thumb("up", () => send(turn, "up", "", changed)),
    thumb("down", ({ target }) => askWhy(target, (reason) => send(turn, "down", reason, changed))),
  ];
}

function askWhy(thumb, sent) {
  const acts = thumb.parentElement;
  if (acts.nextElementSibling) return acts.nextElementSibling.remove();
  const form = fromTemplate("opinion");
  form.onsubmit = (event) => {
    event.preventDefault();
    sent(form.firstElementChild.value.trim());
  };
  acts.after(form);
  form.firstElementChild.focus();
}

async function send(turn, verdict, reason, changed) {
  const body = JSON.stringify({ verdict, reason, answer: turn.answer });
  const { ok } = await call("feedback", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  hint(say(ok ? "opinion-kept" : "opinion-lost"));
  if (!ok) return;
  turn.verdict = verdict;
  changed();
  find(".ask textarea").focus({ preventScroll: true });
}
