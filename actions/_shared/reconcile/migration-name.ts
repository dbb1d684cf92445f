/** `20260101000000_create_x` as plans name a migration. */
export function migrationName(file: { readonly version: string; readonly name: string }): string {
  return `${file.version}_${file.name}`;
}
