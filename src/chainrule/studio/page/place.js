// The address is the state: #place=step&step=300&weight=dense.kernel,630,245. Back works; a link shows the same again.

export const place = {now: {}, listeners: new Set()};

/** What the address says, as texts by name. */
export function read() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

/** Changes the address. push: whether Back returns to what was before. null takes a part away. */
export function go(changes, push = true) {
  const next = {...place.now};
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === "") delete next[name];
    else next[name] = String(value);
  }
  const hash = "#" + written(next);
  if (hash === location.hash) return;
  if (push) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
  changed();
}

/** A state as an address has it; commas and brackets stay readable. */
export function written(state) {
  return new URLSearchParams(state).toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}

function changed() {
  const before = place.now;
  place.now = read();
  for (const hear of place.listeners) hear(place.now, before);
}

/** Begins to follow the address. */
export function follow(hear) {
  place.listeners.add(hear);
  place.now = read();
  addEventListener("popstate", changed);
  addEventListener("hashchange", () => { if ("#" + written(place.now) !== location.hash) changed(); });
}
