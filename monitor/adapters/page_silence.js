// Until the hand-over a page lacks the ways of sending that no interception sees: workers, what goes on after the page is
// left, and redirects of its own calls. It also does not hear that the browser is offline while the form is filled.
// A new tab's first page keeps the window of the empty one before it, so this may run twice over one window: what was
// taken away is then gone already, and what stands in for something hands on once the silence is lifted.
(word) => {
  const { apply } = Reflect;  // a page may change what Function.prototype holds
  const undo = [];
  let lifted = false;
  const put = (owner, name, change) => {
    const was = Object.getOwnPropertyDescriptor(owner, name);
    if (!was) return;
    Object.defineProperty(owner, name, { configurable: true, ...change(was) });
    undo.push(() => Object.defineProperty(owner, name, was));
  };
  for (const name of ["Worker", "SharedWorker", "EventSource", "fetchLater"])
    if (globalThis[name]) put(globalThis, name, () => ({ value: undefined }));
  put(Navigator.prototype, "sendBeacon", ({ value }) => ({
    value(...what) { return lifted && apply(value, this, what); },
  }));
  put(Navigator.prototype, "onLine", ({ get }) => ({ get() { return !lifted || apply(get, this, []); } }));
  let left = null;
  addEventListener("pagehide", () => { left = document; }, true);
  addEventListener("pageshow", () => { left = null; }, true);
  put(globalThis, "fetch", ({ value }) => ({
    value(what, how) {
      if (lifted) return apply(value, globalThis, [what, how]);
      return left === document ? Promise.reject(new TypeError("Failed to fetch"))
        : apply(value, globalThis, [what, { ...how, redirect: "error", keepalive: false }]);
    },
  }));
  const unheard = (event) => lifted || event.stopImmediatePropagation();
  for (const event of ["offline", "online"]) addEventListener(event, unheard, true);
  addEventListener(word, () => { lifted = true; undo.forEach((act) => act()); }, { once: true });
}
