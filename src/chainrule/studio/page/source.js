// Where the page's numbers come from: the server, or what is stored in an exported page. Views only ever ask `see`.
import {unpack} from "./kit.js";

/** An error that the server told: kind, message, status. */
export class StudioError extends Error {
  constructor({kind, message, status}) {
    super(message);
    this.kind = kind;
    this.status = status;
  }
}

/** Asks the server; throws StudioError with its sentence. */
export async function ask(path, {method = "GET", json, body, signal} = {}) {
  let response;
  try {
    response = await fetch(path, {
      method, signal, headers: json ? {"content-type": "application/json"} : undefined,
      body: json ? JSON.stringify(json) : body,
    });
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new StudioError({kind: "Unreachable", status: 0, message: "The studio does not answer. Is it still running in its terminal?"});
  }
  const kind = response.headers.get("content-type") || "";
  if (!response.ok) {
    const told = kind.includes("json") ? (await response.json()).error : null;
    throw new StudioError(told || {kind: "Unknown", status: response.status, message: `The studio answered ${response.status}.`});
  }
  return kind.includes("json") ? response.json() : unpack(await response.arrayBuffer());
}

function query(settings) {
  const told = Object.entries(settings || {}).filter(([, v]) => v !== null && v !== undefined && v !== "");
  return told.length ? "?" + new URLSearchParams(told) : "";
}

/** A session on the server. */
export class LiveSource {
  constructor(id, told) {
    this.id = id;
    this.told = told;
    this.live = true;
    this.cache = new Map();
    this.listeners = new Set();
    this.socket = null;
  }

  static async begin(what) {
    const told = await ask("api/sessions", {method: "POST", json: what});
    return new LiveSource(told.id, told);
  }

  /** An answer about the session. What is about a step that was taken never changes, and is kept. */
  async see(what, settings = {}, signal = undefined) {
    const path = `api/sessions/${this.id}/see/${what}${query(settings)}`;
    const kept = settings.keep === "yes" && this.cache.get(path);
    if (kept) return kept;
    const found = await ask(path, {signal});
    if (settings.keep === "yes") {
      this.cache.set(path, found);
      if (this.cache.size > 120) this.cache.delete(this.cache.keys().next().value);
    }
    return found;
  }

  /** Something that is no question of the session. */
  ask(path) {
    return ask(path);
  }

  async do(action, settings = {}) {
    if (["back", "rate", "set"].includes(action)) this.cache.clear();
    this.told = await ask(`api/sessions/${this.id}/do/${action}`, {method: "POST", json: settings});
    this.tell({told: this.told});
    return this.told;
  }

  /** Listens to frames; returns how to stop. */
  listen(hear) {
    this.listeners.add(hear);
    if (!this.socket) this.connect();
    return () => {
      this.listeners.delete(hear);
      if (!this.listeners.size) this.close();
    };
  }

  tell(news) {
    for (const hear of this.listeners) hear(news);
  }

  connect() {
    const url = new URL(`api/sessions/${this.id}/live`, location.href.split("#")[0]);
    url.protocol = url.protocol.replace("http", "ws");
    url.search = "";
    const socket = this.socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    let ended = false;
    socket.onmessage = (event) => {
      if (typeof event.data === "string") {
        ended = true;
        this.tell({problem: new StudioError(JSON.parse(event.data).error)});
      } else {
        this.tell({frame: unpack(event.data)});
      }
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (ended || !this.listeners.size) return;
      this.tell({lost: true});
      this.waiting = setTimeout(() => this.reconnect(), 1000);
    };
  }

  async reconnect() {
    if (!this.listeners.size) return;
    try {
      this.told = await this.see("session");
      this.tell({told: this.told, found: true});
      this.connect();
    } catch (problem) {
      if (problem.status === 0 || problem.status === 401) {
        this.tell({lost: true, why: problem});
        this.waiting = setTimeout(() => this.reconnect(), 1500);
      } else {
        this.tell({problem});
      }
    }
  }

  close() {
    clearTimeout(this.waiting);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
    else socket.close();
  }
}
