import { ElMessage } from 'element-plus'
import 'element-plus/theme-chalk/el-message.css'

export function say(message: string): void {
  ElMessage({ message, type: 'success', plain: true, duration: 5000 })
}

/** Stays long enough to be read in peace. */
export function warn(message: string): void {
  ElMessage({ message, type: 'warning', plain: true, duration: 12000, showClose: true })
}
