/** The figures of the overview, in their order. */
import { amount, count } from './format'
import type { Figures } from './office'

export interface Figure {
  key: keyof Omit<Figures, 'at' | 'orders_by_state' | 'orders_posted_today'>
  unit: 'count' | 'fen'
  /** Anything but nought wants somebody's attention. */
  attention?: boolean
  /** Where the figure leads those who may go there. */
  to?: string
}
export const FIGURES: readonly Figure[] = [
  { key: 'amount_today_fen', unit: 'fen', to: '/orders' },
  { key: 'orders_today', unit: 'count', to: '/orders' },
  { key: 'logins_today', unit: 'count' },
  { key: 'customers', unit: 'count', to: '/customers' },
  { key: 'approvals_waiting', unit: 'count', attention: true, to: '/approvals' },
  { key: 'apis_closed', unit: 'count', attention: true, to: '/apis' },
]

export function shownFigure(figures: Figures, figure: Figure): string {
  return figure.unit === 'fen' ? amount(figures[figure.key]) : count(figures[figure.key])
}

/** How long each state's bar is, in hundredths of the longest; what is there at all is seen. */
export function barSteps(counts: readonly number[]): number[] {
  const most = Math.max(1, ...counts)
  return counts.map((n) => (n === 0 ? 0 : Math.max(1, Math.round((n / most) * 100))))
}
