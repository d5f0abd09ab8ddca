// Two fingers: apart or together they zoom around the place between them, side by side they move it.

export interface Pinch { by: number; at: number; moved: number }

/** Call `act` with how much further apart two fingers are than before, where their middle is and how far it went. */
export function pinch(on: HTMLElement, act: (pinch: Pinch) => void): void {
  let apart = 0, middle = 0;
  const look = (event: TouchEvent): [number, number] => {
    const [a, b] = [event.touches[0]!, event.touches[1]!];
    return [Math.max(24, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY)), (a.clientX + b.clientX) / 2 - on.getBoundingClientRect().left];
  };
  on.addEventListener("touchstart", (event) => { if (event.touches.length === 2) [apart, middle] = look(event); }, { passive: true });
  on.addEventListener("touchmove", (event) => {
    if (event.touches.length !== 2 || !apart) return;
    if (event.cancelable) event.preventDefault(); // or the browser scrolls as well
    const [now, at] = look(event);
    act({ by: now / apart, at, moved: at - middle });
    [apart, middle] = [now, at];
  }, { passive: false });
  for (const kind of ["touchend", "touchcancel"] as const) on.addEventListener(kind, () => { apart = 0; });
}

/** How much a turn of the wheel zooms: a mouse's notch by a sixth, a trackpad's pinch in the small steps that it sends. */
export const turned = (delta: number): number => Math.exp(-Math.max(-15, Math.min(15, delta)) / 100);
