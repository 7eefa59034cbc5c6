// What the page says, in the visitor's language; the words are in ../messages, a file for each language.

let words = {};
export let language = "en";

/** The offered language that the visitor prefers most, "en" where none is offered. */
export function preferred(wanted, offered) {
  const codes = wanted.map((code) => code.toLowerCase().split("-")[0]);
  return codes.find((code) => offered.includes(code)) ?? "en";
}

export function speak(code, all) {
  language = code;
  words = { ...all.en, ...all[code] };
}

/** `template` with its {names} replaced; of "one|many", the form for `count`. */
export function worded(template, values = {}) {
  const forms = template.split("|");
  const form = forms.length === 2 && values.count !== 1 ? forms[1] : forms[0];
  return form.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name] ?? whole;
    return typeof value === "number" ? value.toLocaleString(language) : String(value);
  });
}

const KEY = "refdesk.language";

/** Speaks the language that was chosen here before, else the one that the browser asks for. */
export function begin(all, chooser) {
  let chosen = null;
  try { chosen = localStorage.getItem(KEY); } catch { /* no storage: the browser's own */ }
  speak(preferred([chosen, ...navigator.languages].filter(Boolean), Object.keys(all)), all);
  chooser.replaceChildren(...Object.entries(all).map(([code, own]) => new Option(own.language, code)));
  chooser.value = language;
  chooser.addEventListener("change", () => {
    try { localStorage.setItem(KEY, chooser.value); } catch { return; }
    location.reload(); // the conversation is kept
  });
  document.documentElement.lang = language;
}

export const say = (key, values) => worded(words[key] ?? key, values);

/** Fills elements with `data-say`, and their attributes with `data-say-ATTRIBUTE`. */
export function fill(root) {
  for (const node of root.querySelectorAll("*")) {
    if (node.content) fill(node.content); // a template
    for (const { name, value } of [...node.attributes]) {
      if (name === "data-say") node.textContent = say(value);
      else if (name.startsWith("data-say-")) node.setAttribute(name.slice("data-say-".length), say(value));
    }
  }
}
