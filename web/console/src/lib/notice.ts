import { ElMessage } from 'element-plus'
import 'element-plus/theme-chalk/el-message.css'

export function say(message: string): void {
  ElMessage({ message, type: 'success', plain: true, duration: 5000 })
}
