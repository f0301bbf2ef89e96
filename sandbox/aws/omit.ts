/** A copy without these members. */
export function omit<T extends object, Key extends keyof T & string>(value: T, ...keys: readonly Key[]): Omit<T, Key> {
  const kept = Object.entries(value).filter(([key]) => !keys.some((left) => left === key))
  return Object.fromEntries(kept) as Omit<T, Key> // all members but those
}
