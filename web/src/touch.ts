// Two fingers apart or together.

/** Call `scale` with how much further apart two fingers are than before. */
export function pinch(on: HTMLElement, scale: (by: number) => void): void {
  const fingers = new Map<number, number>();
  let apart = 0;
  const spread = () => { const [a, b] = [...fingers.values()]; return Math.abs(a! - b!); };
  on.addEventListener("pointerdown", (event) => { if (event.pointerType === "touch") { fingers.set(event.pointerId, event.clientX); if (fingers.size === 2) apart = spread(); } });
  on.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    if (fingers.size === 2 && apart > 0) { const now = spread(); scale(now / apart); apart = now; }
  });
  for (const kind of ["pointerup", "pointercancel"] as const) on.addEventListener(kind, (event) => { fingers.delete(event.pointerId); apart = 0; });
}
