import { type Element, serialize, xml } from '../../src/xml/element.ts';

export interface Bar {
  readonly label: string;
  /** Null for a bar that is none: the text alone says why. */
  readonly value: number | null;
  readonly text: string;
  /** The one that is looked at. */
  readonly isSubject: boolean;
}

export interface Chart {
  readonly title: string;
  readonly subtitle: string;
  readonly bars: readonly Bar[];
}

/** From here on the longest bar would leave the shortest unseen. */
const MOST_LINEAR_RATIO = 10;

const WIDTH = 480;
const [PLOT_LEFT, PLOT_RIGHT] = [92, 396];
const [FIRST_BAR, BAR_STEP, BAR_HEIGHT] = [54, 24, 16];
const TICKS_HEIGHT = 16;

/** On a ground of its own, since a page that shows it may be of the other mode than the reader's. */
const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.title { font-size: 14px; font-weight: 600; }
.note { fill: #59636e; }
.ground { fill: #ffffff; stroke: #d1d9e0; }
.tick { stroke: #d1d9e0; }
.bar { fill: #8c959f; }
.subject { fill: #0969da; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .note { fill: #9198a1; }
  .ground { fill: #0d1117; stroke: #3d444d; }
  .tick { stroke: #3d444d; }
  .bar { fill: #656c76; }
  .subject { fill: #4493f8; }
}
`;

interface Scale {
  /** Between 0 and 1. */
  place(value: number): number;
  readonly ticks: readonly number[];
}

function linear(highest: number): Scale {
  return { place: (value) => (highest > 0 ? value / highest : 0), ticks: [] };
}

/** From the power of ten that leaves even the shortest bar some length. */
function logarithmic(lowest: number, highest: number): Scale {
  const first = Math.floor(Math.log10(lowest / 1.5));
  const width = Math.log10(highest) - first;
  const count = Math.floor(width) + 1;
  return {
    place: (value) => (value > 0 ? (Math.log10(value) - first) / width : 0),
    ticks: Array.from({ length: count }, (_, index) => 10 ** (first + index)),
  };
}

function scaleFor(bars: readonly Bar[]): Scale {
  const values = bars.map(({ value }) => value ?? 0).filter((value) => value > 0);
  const [lowest, highest] = [Math.min(...values), Math.max(0, ...values)];
  return highest / lowest > MOST_LINEAR_RATIO ? logarithmic(lowest, highest) : linear(highest);
}

const x = (place: number) => (PLOT_LEFT + place * (PLOT_RIGHT - PLOT_LEFT)).toFixed(1);

function text(at: { x: number | string; y: number }, content: string, more = {}): Element {
  return xml('text', { x: String(at.x), y: String(at.y), ...more }, content);
}

function drawBar({ label, value, text: words, isSubject }: Bar, index: number, scale: Scale) {
  const y = FIRST_BAR + index * BAR_STEP;
  const end = x(scale.place(value ?? 0));
  const width = (Number(end) - PLOT_LEFT).toFixed(1);
  const line = y + BAR_HEIGHT - 4;
  const size = { x: String(PLOT_LEFT), y: String(y), width, height: String(BAR_HEIGHT), rx: '2' };
  return [
    text({ x: PLOT_LEFT - 8, y: line }, label, { 'text-anchor': 'end' }),
    xml('rect', { class: isSubject ? 'subject' : 'bar', ...size }),
    text({ x: Number(end) + 6, y: line }, words),
  ];
}

function drawTick(value: number, bottom: number, scale: Scale): Element[] {
  const at = x(scale.place(value));
  const y2 = String(bottom);
  return [
    xml('line', { class: 'tick', x1: at, y1: String(FIRST_BAR - 4), x2: at, y2 }),
    text({ x: at, y: bottom + 12 }, value.toLocaleString('en-US'), {
      class: 'note',
      'text-anchor': 'middle',
    }),
  ];
}

/**
 * Bars beneath each other with their values, as a picture in SVG that tells the same in words to
 * who does not see it; on a logarithmic scale where one is more than ten times another.
 */
export function drawChart({ title, subtitle, bars }: Chart): string {
  const scale = scaleFor(bars);
  const isLogarithmic = scale.ticks.length > 0;
  const note = isLogarithmic ? `${subtitle}; logarithmic scale` : subtitle;
  const bottom = FIRST_BAR + bars.length * BAR_STEP - (BAR_STEP - BAR_HEIGHT) + 4;
  const height = bottom + 8 + (isLogarithmic ? TICKS_HEIGHT : 0);
  const words = bars.map(({ label, text }) => `${label} ${text}`).join(', ');
  const frame = { x: '0.5', y: '0.5', width: String(WIDTH - 1), height: String(height - 1) };
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: String(WIDTH),
    height: String(height),
    role: 'img',
    'aria-labelledby': 'title desc',
  };
  const picture = xml(
    'svg',
    attributes,
    xml('title', { id: 'title' }, title),
    xml('desc', { id: 'desc' }, `${note}: ${words}`),
    xml('style', {}, STYLE),
    xml('rect', { class: 'ground', ...frame, rx: '6' }),
    text({ x: 12, y: 21 }, title, { class: 'title' }),
    text({ x: 12, y: 39 }, note, { class: 'note' }),
    ...scale.ticks.flatMap((value) => drawTick(value, bottom, scale)),
    ...bars.flatMap((bar, index) => drawBar(bar, index, scale)),
  );
  return `${serialize(picture)}\n`;
}
