// Requests of a page to its own server, with the CSRF token.

/** The server said no: `message` is a sentence for people, `code` a name, `errors` lists by field (RFC 9457). */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || "The server did not answer as expected. Try again.");
    this.status = status;
    this.code = body.code || "";
    this.errors = body.errors || {};
    this.sessionId = body.session_id || null;
  }
}

/** The token that this page was served with. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

/** POST JSON; resolves to the JSON of the answer. Rejects with a Problem, also when the server is out of reach. */
export async function post(url, json = {}) {
  return send(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify(json),
  });
}

/** GET JSON; as post(). */
export async function get(url) {
  return send(url, { headers: { Accept: "application/json" } });
}

async function send(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch {
    throw new Problem(0, { code: "unreachable", detail: "The server cannot be reached. Check the connection and try again." });
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, body);
  return body;
}
