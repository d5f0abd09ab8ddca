// Before Prism: it must not look at the page by itself.
Object.assign(globalThis, { Prism: { manual: true, disableWorkerMessageHandler: true } });
