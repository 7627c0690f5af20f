import type { KubernetesObject } from '../ports.ts';

/** Whether the labels fit `a=b`, `a==b`, `a!=b`, `a` and `!a`, joined by commas; `null` fits all. */
export function fitsSelector(object: KubernetesObject, selector: string | null): boolean {
  if (selector === null || selector === '') return true;
  const labels = object.metadata.labels ?? {};
  return selector.split(',').every((term) => fitsTerm(labels, term.trim()));
}

function fitsTerm(labels: Readonly<Record<string, string>>, term: string): boolean {
  const parts = /^(?<not>!?)(?<label>[^=!]+)(?:(?<operator>!=|==?)(?<value>.*))?$/.exec(
    term,
  )?.groups;
  const label = parts?.['label'];
  if (parts === undefined || label === undefined)
    throw new Error(`Selector "${term}" is not known.`);
  if (parts['operator'] === undefined) return label in labels === (parts['not'] === '');
  return (labels[label] === parts['value']) === (parts['operator'] !== '!=');
}
