declare module "abcjs/src/api/abc_tunebook_svg" {
  export default function renderAbc(into: HTMLElement, abc: string, options: Record<string, unknown>): unknown[];
}
