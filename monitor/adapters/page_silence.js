// Until the hand-over a page lacks the ways of sending that no interception sees: workers, what goes on after the page is
// left, and redirects of its own calls. It also does not hear that the browser is offline while the form is filled.
(word) => {
  const undo = [];
  const put = (owner, name, change) => {
    const was = Object.getOwnPropertyDescriptor(owner, name);
    if (!was) return;
    Object.defineProperty(owner, name, { configurable: true, ...change });
    undo.push(() => Object.defineProperty(owner, name, was));
  };
  for (const name of ["Worker", "SharedWorker", "EventSource", "fetchLater"]) put(globalThis, name, { value: undefined });
  put(Navigator.prototype, "sendBeacon", { value: () => false });
  put(Navigator.prototype, "onLine", { get: () => true });
  const { fetch } = globalThis;
  let leaving = false;
  addEventListener("pagehide", () => { leaving = true; }, true);
  addEventListener("pageshow", () => { leaving = false; }, true);
  put(globalThis, "fetch", {
    value: (what, how) => leaving ? Promise.reject(new TypeError("Failed to fetch"))
      : fetch.call(globalThis, what, { ...how, redirect: "error", keepalive: false }),
  });
  const unheard = (event) => event.stopImmediatePropagation();
  for (const event of ["offline", "online"]) addEventListener(event, unheard, true);
  addEventListener(word, () => undo.forEach((act) => act()), { once: true });
}
