/** The generations of X's event delivery that this build speaks. */
export type EventsApiName = 'account-activity-premium' | 'account-activity-enterprise' | 'account-activity-v2' | 'x-activity';

/** The generations of X's direct messages that this build speaks. */
export type MessagesApiName = 'v1.1' | 'v2';
