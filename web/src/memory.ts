// What a person chose to see and hear, kept while the page is loaded anew after a part was saved.
import type { ScoreView } from "./score.ts";

const KEY = "muse-seen";

export function remember(views: readonly ScoreView[]): void {
  try { sessionStorage.setItem(KEY, JSON.stringify(Object.fromEntries(views.map((view) => [view.file.path, view.chosen()])))); } catch { /* a browser may forbid it */ }
}

export function recall(views: readonly ScoreView[]): void {
  try {
    const known = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    sessionStorage.removeItem(KEY);
    for (const view of views) if (known[view.file.path]) view.choosing(known[view.file.path]);
  } catch { /* nothing was kept */ }
}
