/**
 * Settings of a server that computed values depend on: those of generated columns, index
 * expressions, checks, partition bounds and materialized views. A manifest records them, and a
 * drill's server starts with them.
 *
 * Left out on purpose: what pg_restore sets for its own session (search_path, row_security,
 * check_function_bodies, client_encoding, default_table_access_method), what stops or redirects a
 * restore, what changes only speed or where bytes lie, and lc_messages, which changes nothing but
 * the texts that we read.
 */
export const VALUE_SETTINGS = [
  'array_nulls',
  'backslash_quote',
  'bytea_output',
  'DateStyle',
  'default_text_search_config',
  'extra_float_digits',
  'gin_fuzzy_search_limit',
  'IntervalStyle',
  'lc_monetary',
  'lc_numeric',
  'lc_time',
  'max_stack_depth',
  'quote_all_identifiers',
  'standard_conforming_strings',
  'TimeZone',
  'timezone_abbreviations',
  'transform_null_equals',
  'xmlbinary',
  'xmloption',
  'pg_trgm.similarity_threshold',
  'pg_trgm.strict_word_similarity_threshold',
  'pg_trgm.word_similarity_threshold',
  'plperl.use_strict',
  'plpgsql.check_asserts',
  'plpgsql.extra_errors',
  'plpgsql.variable_conflict',
] as const;

/** A setting of a server. */
export type Setting = { name: string; value: string };
