/** The figures of the overview that this console knows how to show, in their order. */
import { amount, count } from './format'
import type { Figures } from './office'

export interface Figure {
  unit: 'count' | 'fen'
  tone?: 'attention'
}
export const FIGURES: Readonly<Record<string, Figure>> = {
  customers: { unit: 'count' },
  customers_locked: { unit: 'count', tone: 'attention' },
  orders_today: { unit: 'count' },
  amount_today_fen: { unit: 'fen' },
  approvals_waiting: { unit: 'count', tone: 'attention' },
  apis_closed: { unit: 'count', tone: 'attention' },
}

export function shownFigures(figures: Figures): { key: string; text: string }[] {
  return Object.entries(FIGURES)
    .filter(([key]) => Number.isSafeInteger(figures[key]))
    .map(([key, { unit }]) => ({ key, text: unit === 'fen' ? amount(figures[key]) : count(figures[key] as number) }))
}
