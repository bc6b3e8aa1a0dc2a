/** Numbers of resident identity cards, GB 11643, as far as a client can tell a slip of the finger. */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** The last character is a check of the others. */
export function idNoFits(idNo: string): boolean {
  if (!/^\d{17}[\dXx]$/.test(idNo)) return false
  const sum = WEIGHTS.reduce((total, weight, i) => total + weight * Number(idNo[i]), 0)
  return '10X98765432'[sum % 11] === idNo[17]!.toUpperCase()
}
