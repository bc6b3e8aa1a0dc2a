/** The points of a gesture, 1 to 9, row by row. */
export const POINTS_MIN = 5
export const POINTS = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const

export const rowOf = (point: number) => Math.floor((point - 1) / 3)
export const columnOf = (point: number) => (point - 1) % 3

/** The point that a straight line from one to the other passes over, or 0. */
export function pointBetween(from: number, to: number): number {
  const rows = rowOf(from) + rowOf(to)
  const columns = columnOf(from) + columnOf(to)
  const far = Math.max(Math.abs(rowOf(from) - rowOf(to)), Math.abs(columnOf(from) - columnOf(to))) === 2
  return far && rows % 2 === 0 && columns % 2 === 0 ? (rows / 2) * 3 + columns / 2 + 1 : 0
}
