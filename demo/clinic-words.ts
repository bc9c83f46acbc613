/** The words that the made-up clinic's staff write, and SQL that chooses among them. Nobody in it exists. */

export const givenNames = [
  'Testina',
  'Demo',
  'Fictitia',
  'Samplus',
  'Mocklyn',
  'Placebo',
  'Exampla',
  'Dummy',
  'Nemo',
  'Fauxine',
  'Pretendra',
  'Loremina',
  'Ipsum',
  'Dolorita',
  'Fabricia',
  'Imaginus',
];

export const familyNames = [
  'McSample',
  'Exampleby',
  'Notareal',
  'Testworth',
  'Placeholderson',
  'Von Mockup',
  "O'Fiction",
  'Dummerly',
  'Fauxbert',
  'Madeupska',
  'Lorem-Ipsum',
  'Nullington',
  'Stubbs-Fixture',
  'Demoson',
  'Inventado',
  'Fakenham',
];

export const drugs = [
  'Examplamol',
  'Placebex',
  'Testopril',
  'Mockstatin',
  'Dummyprazole',
  'Fictizolam',
  'Samplicillin',
  'Loremadine',
  'Ipsumax',
  'Fauxformin',
  'Nullodipine',
  'Stubotaxol',
  'Demoxetine',
  'Pretendrazin',
  'Inventolin',
  'Fixturine',
];

export const instructions = [
  'After a meal',
  'Before breakfast',
  'At bedtime',
  'With plenty of water',
  'Only when needed, at most four times a day',
  'Do not crush',
  'Hold if systolic below 100',
  'Check potassium every week',
];

const openings = [
  'Resting comfortably in bed',
  'Sitting up in the chair',
  'Asleep, easily roused',
  'Walked to the bathroom unaided',
  'Back from imaging',
  'Reports feeling better than yesterday',
  'Reports a mild headache',
  'Complains of nausea after breakfast',
  'Anxious about tomorrow',
  'Visited by family',
  'Tolerated physiotherapy well',
  'Slightly short of breath on exertion',
  'Wound dressing changed',
  'Ate half of lunch',
  'Drank about 400 ml',
  'Cannula resited in the left forearm',
];

const findings = [
  ', skin warm and dry',
  ', pain 2 out of 10 at rest',
  ', pain 5 out of 10 when moving',
  ', no signs of infection',
  ', lungs clear on both sides',
  ', abdomen soft',
  ', alert and oriented',
  ', a little confused at first',
  ', ankles slightly swollen',
  ', pupils equal and reactive',
  ', good capillary refill',
  ', cough productive with clear sputum',
  ', pulse regular',
  ', pulse irregular, known',
  ', colour good',
  ', mouth dry',
];

const actions = [
  '. Repositioned on the right side',
  '. Encouraged to drink',
  '. Oxygen reduced by one litre',
  '. Oxygen left as it was',
  '. Doctor informed by phone',
  '. Analgesia offered and declined',
  '. Analgesia given as charted',
  '. Cuff moved to the other arm and measured again',
  '. Sensor replaced on the index finger',
  '. Blood taken for the morning round',
  '. Fluids continued at the same rate',
  '. Line flushed without resistance',
  '. Call bell within reach',
  '. Observations every two hours from now',
  '. Education given about the new tablets',
  '. No change to the plan',
];

const closings = [
  '.',
  '. To be reviewed at the ward round.',
  '. Will check again in 30 minutes.',
  '. Next of kin informed.',
  '. Handed over to the night shift.',
  '. No concerns.',
  '. Please see the fluid chart.',
  '. Agreed with the patient.',
];

/** A constant SQL array of texts. */
function sqlArray(values: string[]): string {
  return `(ARRAY[${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ')}])`;
}

/** SQL for one element of a list, chosen by an integer SQL expression; the length of the list is a power of two. */
export function pick(values: string[], by: string): string {
  return `${sqlArray(values)}[1 + ((${by}) & ${values.length - 1})::int]`;
}

/** SQL for a note of one sentence: one of 1024 that the clinic's staff write again and again, chosen by an integer SQL expression. */
export function sentence(by: string): string {
  const parts = [
    pick(openings, by),
    pick(findings, `(${by}) >> 3`),
    pick(actions, `(${by}) >> 6`),
    pick(closings, `(${by}) >> 4`),
  ];
  return `(${parts.join(' || ')})`;
}

/** SQL for a note as they sign it: initials, time, one sentence, in one of four notes two; uses 27 bits of an integer SQL expression. */
export function note(by: string): string {
  const initials = `chr(65 + ((${by}) >> 10 & 15)::int) || chr(70 + ((${by}) >> 14 & 15)::int)`;
  const time = `((${by}) >> 13 & 7) + 8 || ':' || lpad((((${by}) >> 18 & 63) % 60)::text, 2, '0')`;
  const more = `CASE WHEN (${by}) >> 24 & 3 = 0 THEN ' ' || ${sentence(`(${by}) >> 15`)} ELSE '' END`;
  return `(${initials} || ' ' || ${time} || ' ' || ${sentence(by)} || ${more})`;
}
