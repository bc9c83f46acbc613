/** Databases of one plan whose run fits into the history of one execution, though every task of it be tried to the last. */
export const LARGEST_FLEET = 200;
