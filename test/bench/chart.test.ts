import { expect, test } from '@jest/globals';
import { drawChart } from '../../bench/suite/chart.ts';
import { chartFile, chartOf, chartsOf } from '../../bench/suite/charts.ts';
import { rowsOf } from '../../bench/suite/rows.ts';
import { type Element, parseElement } from '../../src/xml/element.ts';
import { chatRun, startRun, suiteResults } from './sample-results.ts';

const textsOf = (picture: Element) => picture.getChildren('text').map((text) => text.text());

/** Widths of the bars, from the top. */
function widths(picture: Element): number[] {
  return picture
    .getChildren('rect')
    .filter(({ attrs }) => ['bar', 'subject'].includes(attrs.class!))
    .map(({ attrs }) => Number(attrs.width));
}

function draw(values: readonly (number | null)[]): Element {
  const bars = values.map((value, index) => ({
    label: `server ${index}`,
    value,
    text: value === null ? 'failed' : String(value),
    isSubject: index === 0,
  }));
  return parseElement(drawChart({ title: 'memory', subtitle: 'KiB, less is better', bars }));
}

test('a chart shows every server with its value, and tells it in words too', () => {
  const picture = parseElement(chartOf(rowsOf(chatRun, ['cpuUsPerMessage'])[0]!));
  expect(picture.getNS()).toBe('http://www.w3.org/2000/svg');
  expect(textsOf(picture)).toEqual(
    expect.arrayContaining([
      'one-to-one chat',
      'Epode',
      '4.0',
      'Prosody',
      '80.0',
      'ejabberd',
      '40.0',
    ]),
  );
  expect(picture.attrs['aria-labelledby']).toBe('title desc');
  expect(picture.getChild('title')?.text()).toBe('one-to-one chat');
  expect(picture.getChild('desc')?.text()).toBe(
    'CPU us/message, less is better; logarithmic scale: Epode 4.0, Prosody 80.0, ejabberd 40.0',
  );
});

test('bars are as long as their values where those are alike', () => {
  const picture = draw([10, 20, 40]);
  const [first, second, third] = widths(picture);
  expect(second! / first!).toBeCloseTo(2);
  expect(third! / first!).toBeCloseTo(4);
  expect(picture.getChildren('line')).toHaveLength(0);
});

test('powers of ten are marked where one is more than ten times another', () => {
  const picture = draw([4, 400, 40]);
  const [first, second, third] = widths(picture);
  expect(second! - third!).toBeCloseTo(third! - first!, 0);
  expect(first).toBeGreaterThan(0);
  expect(textsOf(picture)).toEqual(
    expect.arrayContaining(['1', '10', '100', 'KiB, less is better; logarithmic scale']),
  );
});

test('a server that failed, and one with nothing, have no bar', () => {
  expect(widths(draw([10, null, 0]))).toEqual([expect.any(Number), 0, 0]);
  expect(textsOf(draw([10, null, 0]))).toEqual(expect.arrayContaining(['10', 'failed', '0']));
  expect(widths(draw([null, null]))).toEqual([0, 0]);
});

test('it is readable in the dark, and on a page of the other mode', () => {
  const picture = draw([1]);
  expect(picture.getChild('style')?.text()).toContain('prefers-color-scheme: dark');
  expect(picture.getChildren('rect')[0]?.attrs).toMatchObject({ class: 'ground', x: '0.5' });
});

test('titles are text, whatever they are made of', () => {
  const bars = [{ label: '<&>', value: 1, text: '"1"', isSubject: false }];
  const picture = parseElement(drawChart({ title: 'a < b & c', subtitle: ']]>', bars }));
  expect(picture.getChild('title')?.text()).toBe('a < b & c');
  expect(textsOf(picture)).toEqual(expect.arrayContaining(['a < b & c', ']]>', '<&>', '"1"']));
});

test('charts are named after what was run and what they show', () => {
  expect(chartFile(rowsOf(chatRun, ['rate'])[0]!)).toBe('chat-tls-rate.svg');
  const args = 'chat --transport websocket --only epode,prosody,ejabberd';
  const webRun = { ...chatRun, args };
  expect(chartFile(rowsOf(webRun, ['rate'])[0]!)).toBe('chat-transport-websocket-rate.svg');
  expect(chartFile(rowsOf(startRun, ['ms'])[0]!)).toBe('start-up-ms.svg');
  expect([...chartsOf(suiteResults).keys()]).toEqual([
    'chat-tls-cpuUsPerMessage.svg',
    'chat-tls-rate.svg',
    'start-up-ms.svg',
  ]);
});
