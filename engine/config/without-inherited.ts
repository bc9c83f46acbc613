/** The same table, in which no name is there that it was not given. */
export function withoutInherited<T extends object>(table: T): T {
  return Object.assign(Object.create(null) as T, table);
}
