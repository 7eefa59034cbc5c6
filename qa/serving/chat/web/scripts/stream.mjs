// A question is one request, whose response is a line for each reply; an empty line is only a sign of life.

const SILENCE = 30000; // milliseconds without a line, after which the connection counts as lost: the server beats faster

/** The lines of a stream of text; `heard` is called whenever something comes. */
export async function* linesOf(body, heard = () => {}) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let begun = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const lines = (begun + value).split("\n");
    begun = lines.pop();
    yield* lines;
  }
}

/** Sends a question and yields each reply: { html, answer }. Throws { reason } where the server refuses it. */
export async function* asked(url, headers, question, request) {
  let silence;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => request.abort(), SILENCE);
  };
  heard();
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(question),
      signal: request.signal,
      cache: "no-store",
    });
    if (!response.ok) throw { reason: (await response.json().catch(() => ({}))).reason ?? "" };
    for await (const line of linesOf(response.body, heard)) if (line) yield JSON.parse(line);
  } finally {
    clearTimeout(silence);
  }
}
