/** Begins the tokens of our own challenges, by which they are told from X's. */
export const OWN_CHALLENGE = 'own-check-';
