import { z } from 'zod';
import type { Report } from '../shared/process/environment.ts';

/** Entries of one list; more is a mistake. */
const entriesMax = 100;

/**
 * A setting whose text is a JSON list of objects of one shape. Whatever is wrong is reported with the
 * setting's name and the path to it, and the list is empty then.
 */
export function parseJsonList<Shape extends z.ZodType>(
  json: string,
  {
    name,
    shape,
    report,
  }: { readonly name: string; readonly shape: Shape; readonly report: Report },
): readonly z.infer<Shape>[] {
  const given = listed(json);
  if (typeof given === 'string') {
    report(`${name} is no JSON: ${given}.`);
    return [];
  }
  const parsed = z.array(shape).max(entriesMax).safeParse(given);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) {
    report(`${name}${path.map(shownStep).join('')}: ${message}.`);
  }
  return [];
}

/** The list, or why it is none. */
function listed(json: string): unknown[] | string {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : 'it is no list';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const shownStep = (step: PropertyKey): string =>
  typeof step === 'number' ? `[${step}]` : `.${String(step)}`;
