import type Element from 'ltx/lib/Element.js';
import { escapeAttribute } from './text.ts';

/** Hears of a tree's parts in document order; `close` only of elements with content. */
export interface TreeVisitor {
  open(element: Element, isEmpty: boolean): void;
  text(value: string): void;
  close(element: Element): void;
}

/** Goes through a tree, however deep it is. */
export function walk(root: Element, visitor: TreeVisitor): void {
  const open: Element[] = [];
  const nextChild: number[] = [];
  const enter = (element: Element) => {
    const isEmpty = element.children.length === 0;
    visitor.open(element, isEmpty);
    if (isEmpty) return;
    open.push(element);
    nextChild.push(0);
  };
  enter(root);
  while (open.length > 0) {
    const top = open.length - 1;
    const element = open[top]!;
    const index = nextChild[top]!++;
    if (index === element.children.length) {
      visitor.close(element);
      open.pop();
      nextChild.pop();
      continue;
    }
    // Builders let numbers, null and undefined in besides what the type says.
    const child: unknown = element.children[index];
    if (isElement(child)) enter(child);
    else if (child !== null && child !== undefined) visitor.text(String(child));
  }
}

function isElement(child: unknown): child is Element {
  return typeof child === 'object' && child !== null && 'children' in child;
}

/** With a leading space; '' for an attribute without a value. */
export function writeAttribute(name: string, value: unknown): string {
  if (value === null || value === undefined) return '';
  return ` ${name}="${escapeAttribute(String(value))}"`;
}
