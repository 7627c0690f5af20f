import type { KubernetesObject } from '../ports.ts';
import { field, textField } from './json-field.ts';

/**
 * The parts of an object that the port shows, `null` if it is none. Who manages which field is left
 * out: it is often half of the object.
 */
export function kubernetesObject(value: unknown): KubernetesObject | null {
  const metadata = field(value, 'metadata');
  const name = textField(metadata, 'name');
  if (name === null) return null;
  return {
    metadata: {
      name,
      ...textsOf(metadata),
      ...labelled('labels', field(metadata, 'labels')),
      ...labelled('annotations', field(metadata, 'annotations')),
    },
    ...present('spec', field(value, 'spec')),
    ...present('status', field(value, 'status')),
  };
}

const textNames = [
  'namespace',
  'uid',
  'resourceVersion',
  'creationTimestamp',
  'deletionTimestamp',
] as const;

function textsOf(metadata: unknown): Partial<Record<(typeof textNames)[number], string>> {
  const texts: Partial<Record<(typeof textNames)[number], string>> = {};
  for (const name of textNames) {
    const text = textField(metadata, name);
    if (text !== null) texts[name] = text;
  }
  return texts;
}

function labelled(
  name: 'labels' | 'annotations',
  value: unknown,
): Partial<Record<typeof name, Readonly<Record<string, string>>>> {
  if (value === null || typeof value !== 'object') return {};
  const pairs = Object.entries(value).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  );
  return { [name]: Object.fromEntries(pairs) };
}

const present = (name: 'spec' | 'status', value: unknown): Partial<Record<typeof name, unknown>> =>
  value === undefined ? {} : { [name]: value };
