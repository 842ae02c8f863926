/** How the scalars are written: shared by the schemas that editors get and by the reader that lowers them. */
export const SIZE_PATTERN = '^(0|[1-9][0-9]*)(B|KiB|MiB|GiB|TiB)$';
export const DURATION_PATTERN = '^(0|[1-9][0-9]*)(\\.[0-9]+)?(us|ms|s|min)$';
export const LABEL_PATTERN = '^[a-z][a-z0-9-]*$';
export const CLAUSE_PATTERN = '^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$';
export const BYTES_PATTERN = '^[0-9a-fA-F]{2}( ?[0-9a-fA-F]{2})*$';
/** A family, `SAVE-*`, or all of them, `*`. */
export const SELECTOR_PATTERN = '^([A-Z][A-Z0-9]*(-[A-Z0-9]+)*(-\\*)?|\\*)$';
export const LINES_PATTERN = '^[1-9][0-9]{0,5}(-[1-9][0-9]{0,5})?$';
export const DATE_PATTERN = '^[0-9]{4}-[0-9]{2}-[0-9]{2}$';
export const PLACEHOLDER_PATTERN = '\\$\\{[a-z][a-z0-9-]*\\}';
