import type { WatchEvent } from '../reflector/list-watch.ts';
import { field, textField } from './json-field.ts';
import { kubernetesObject } from './kubernetes-object.ts';

/** An object may have 1.5 MB, and a server sends one in a line. */
const lineCharactersMax = 16 * 1024 * 1024;

/** What one line of a watch says. An `ERROR` ends the watch; its `status` is as in an answer. */
export type WatchLine = WatchEvent | { readonly type: 'ERROR'; readonly status: unknown };

/** Cuts a watch's text into lines, wherever the network cut it. */
export class WatchLines {
  #pieces: string[] = [];
  #characters = 0;

  /** Whole lines, without their ends. @throws Error if a line does not end. */
  push(text: string): readonly string[] {
    const parts = text.split('\n');
    const last = parts.pop() ?? '';
    const lines: string[] = [];
    for (const part of parts) {
      lines.push(this.#pieces.join('') + part);
      this.#pieces = [];
      this.#characters = 0;
    }
    this.#pieces.push(last);
    this.#characters += last.length;
    if (this.#characters > lineCharactersMax) {
      throw new Error(`an event of the watch is above ${lineCharactersMax} characters`);
    }
    return lines.filter((line) => line.trim() !== '');
  }

  /** Whether the text stopped in the middle of a line. */
  isCutOff(): boolean {
    return this.#characters > 0;
  }
}

/** @throws Error for what no server of Kubernetes sends: an event may be lost in it. */
export function parseWatchLine(line: string): WatchLine {
  const event: unknown = JSON.parse(line);
  const type = field(event, 'type');
  const value = field(event, 'object');
  if (type === 'ERROR') return { type, status: value };
  if (type === 'BOOKMARK') {
    const resourceVersion = textField(field(value, 'metadata'), 'resourceVersion');
    if (resourceVersion !== null) return { type, resourceVersion };
  }
  const object = kubernetesObject(value);
  const isChange = type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED';
  if (isChange && object !== null) return { type, object };
  throw new Error(`a watch sent what is no event: ${line.slice(0, 100)}`);
}
