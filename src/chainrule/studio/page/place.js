// The address is the state: #place=step&step=300&weight=dense.kernel,630,245. Back works; a link shows the same again.

export const place = {now: {}, listeners: new Set(), remembered: false}; // remembered: not in the address, for the page is not ours

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
  if (place.remembered) { tell(next); return; }
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
  tell(read());
}

function tell(state) {
  const before = place.now;
  place.now = state;
  for (const hear of place.listeners) hear(place.now, before);
}

/** Keeps the state in memory: a notebook's address is not ours to change. */
export function remember(state, hear) {
  Object.assign(place, {now: state, remembered: true});
  place.listeners.add(hear);
}

/** Begins to follow the address. */
export function follow(hear) {
  place.listeners.add(hear);
  place.now = read();
  addEventListener("popstate", changed);
  addEventListener("hashchange", () => { if ("#" + written(place.now) !== location.hash) changed(); });
}
