import { areaOf, titleOf } from './areas.ts';
import { type CallNode, sumOf } from './call-tree.ts';

const WIDTH = 1_600;
const ROW = 17;
/** Rows above the flames: what they are of. */
const HEAD = 30;
/** What is narrower, in pixels, is left out with all that it calls. */
const NARROWEST = 0.4;
/** Pixels of a letter. */
const LETTER = 6.6;

/** One bar: the same function called from the same ones, wherever in the tree. */
interface Flame {
  readonly node: CallNode;
  readonly total: number;
  readonly children: readonly Flame[];
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** The widest first; V8 tells apart what was called from different lines, and this does not. */
function flamesOf(nodes: readonly CallNode[]): Flame[] {
  const groups = Map.groupBy(nodes, ({ frame }) => titleOf(frame));
  const flames = [...groups.values()].map((same) => ({
    node: same[0]!,
    total: same.reduce((sum, node) => sum + sumOf(node), 0),
    children: flamesOf(same.flatMap(({ children }) => children)),
  }));
  return flames.sort((a, b) => b.total - a.total);
}

/** The same hue for an area in every chart. */
function colourOf(area: string): string {
  if (area === 'garbage collection') return 'hsl(0 70% 65%)';
  if (area === 'Node.js') return 'hsl(120 25% 75%)';
  if (area === 'outside JavaScript' || area === 'native functions') return 'hsl(0 0% 75%)';
  const sum = [...area].reduce((hash, letter) => (hash * 31 + letter.codePointAt(0)!) % 997, 7);
  return `hsl(${20 + (sum % 240)} 65% 72%)`;
}

/** What a cost is told as: `12.3 us a login`. */
export type Told = (cost: number) => string;

class Chart {
  readonly #all: number;
  readonly #told: Told;
  readonly #bars: string[] = [];
  #depth = 0;

  constructor(all: number, told: Told) {
    this.#all = all;
    this.#told = told;
  }

  #bar({ node, total }: Flame, x: number, depth: number): void {
    const { frame } = node;
    const width = (total / this.#all) * WIDTH;
    const share = ((100 * total) / this.#all).toFixed(2);
    const title = escaped(`${titleOf(frame)}\n${this.#told(total)}, ${share} %`);
    const label = (frame.functionName || '(anonymous)').slice(0, Math.floor(width / LETTER));
    const y = HEAD + depth * ROW;
    const shape = `x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}"`;
    const text =
      label.length > 2
        ? `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escaped(label)}</text>`
        : '';
    const fill = colourOf(areaOf(frame));
    this.#bars.push(`<g><title>${title}</title><rect ${shape} fill="${fill}"/>${text}</g>`);
  }

  /** A row of bars from `left` on, and all rows below them. */
  draw(flames: readonly Flame[], left: number, depth: number): void {
    let x = left;
    for (const flame of flames) {
      const width = (flame.total / this.#all) * WIDTH;
      if (width < NARROWEST) break;
      this.#depth = Math.max(this.#depth, depth + 1);
      this.#bar(flame, x, depth);
      this.draw(flame.children, x, depth + 1);
      x += width;
    }
  }

  toString(heading: string): string {
    const height = HEAD + this.#depth * ROW + 10;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}">
<style>text{font:11px monospace}rect{stroke:#fff;stroke-width:.3}g:hover rect{stroke:#000;stroke-width:1}</style>
<rect width="100%" height="100%" fill="#fff"/>
<text x="4" y="18">${escaped(heading)}</text>
${this.#bars.join('\n')}
</svg>
`;
  }
}

/** A flame chart as SVG: who calls whom from top to bottom, as wide as what it costs; titles on hover. */
export function drawFlames(root: CallNode, heading: string, told: Told): string {
  const chart = new Chart(sumOf(root), told);
  chart.draw(flamesOf(root.children), 0, 0);
  return chart.toString(heading);
}
