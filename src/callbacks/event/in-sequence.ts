interface Numbered {
  conversationId: string | null;
  sequence: number | null;
}

/**
 * The same events with those of each conversation in their order, which ids alone do not tell where several instances make them with
 * clocks of their own. Conversations keep their places among each other.
 */
export function inSequence<Event extends Numbered>(events: readonly Event[]): Event[] {
  const ordered = new Map<string, Event[]>();
  for (const event of events) {
    if (event.conversationId !== null) {
      ordered.set(event.conversationId, [...(ordered.get(event.conversationId) ?? []), event]);
    }
  }
  ordered.forEach((own) => own.sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0)));
  return events.map((event) => (event.conversationId === null ? event : (ordered.get(event.conversationId)?.shift() ?? event)));
}
