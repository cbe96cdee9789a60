// The names in the file for Prometheus that alert rules use too, so that no rule asks for a figure that is not there.

/** What the names of figures about a run begin with. */
export const PREFIXES = { rotation: 'kms_rotation', warnings: 'kms_warnings' } as const;

/** Figures about a run, after the prefix. */
export const RUN_FIGURES = {
  exitCode: 'last_run_exit_code',
  overdue: 'overdue_age_seconds',
  keys: 'last_run_keys',
} as const;

/** Keys and certificates whose deadline is near. */
export const NEAR = 'kms_key_rotation_warning';

/** How many rotations, and ends of certificates, each of the next weeks holds. */
export const AHEAD = [
  'kms_deadlines_ahead',
  'Deadlines in each week ahead (UTC, from Monday on); 0 is this week.',
] as const;

/** The figures about the whole store: their names and what they say. */
export const STANDING = {
  conditions: ['kms_rotation_conditions', 'What is wrong in the store.'],
  oldest: [
    'kms_rotation_oldest_condition_age_seconds',
    'How long the oldest condition had lasted; 0 if nothing is wrong.',
  ],
  lastGood: ['kms_rotation_last_good_run_timestamp_seconds', 'When the last good run ended.'],
  cadence: ['kms_rotation_cadence_seconds', 'How often runs are started.'],
} as const;
