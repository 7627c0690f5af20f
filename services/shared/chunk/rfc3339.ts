const millisecondsPerDay = 86_400_000;

/** Days from 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "days_from_civil"). */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthShifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthShifted + 2) / 5) + 1;
  const month = monthShifted < 10 ? monthShifted + 3 : monthShifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Bounds of what `formatRfc3339` can write: 0000-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z. */
const earliestMs = -62_167_219_200_000;
const latestMs = 253_402_300_799_999;

/**
 * Epoch milliseconds of an RFC 3339 time, digits beyond milliseconds cut off; `null` if it is none,
 * or if its offset puts it outside the years 0 to 9999 of UTC, so that all that is read can be
 * written. A leap second counts as the last second of its minute: POSIX time has no place for it.
 */
export function parseRfc3339(text: string): number | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const part = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day] = [part(1), part(2), part(3)];
  const [hour, minute, second] = [part(4), part(5), Math.min(part(6), 59)];
  const offsetMinutes = (part(9) * 60 + part(10)) * (match[8] === '-' ? -1 : 1);
  const days = daysFromCivil(year, month, day);
  const back = civilFromDays(days);
  const isCalendarDay = back.month === month && back.day === day && month >= 1 && month <= 12;
  const isTimeOfDay =
    hour <= 23 && minute <= 59 && part(6) <= 60 && part(9) <= 23 && part(10) <= 59;
  if (!isCalendarDay || !isTimeOfDay) return null;
  const milliseconds = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const epochMs =
    days * millisecondsPerDay +
    ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1000 +
    milliseconds;
  return epochMs >= earliestMs && epochMs <= latestMs ? epochMs : null;
}

/** `2026-11-22T10:16:00.000Z`, for years 0 to 9999. */
export function formatRfc3339(epochMs: number): string {
  const wholeMs = Math.floor(epochMs);
  const days = Math.floor(wholeMs / millisecondsPerDay);
  const { year, month, day } = civilFromDays(days);
  const msOfDay = wholeMs - days * millisecondsPerDay;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  const time = `${two(msOfDay / 3_600_000)}:${two((msOfDay / 60_000) % 60)}:${two((msOfDay / 1000) % 60)}`;
  return `${date}T${time}.${String(msOfDay % 1000).padStart(3, '0')}Z`;
}
