import type { Database } from '../../src/store/database.ts'
import { JobQueue } from '../../src/store/job-queue.ts'
import { queueOf } from '../../src/watch/probe-job.ts'

/** The jobs of one vantage point, which nothing but the test keeps up; what goes wrong there is thrown. */
export function openTestJobs(store: Database, expireSeconds = 60): Promise<JobQueue> {
  const onError = (error: Error) => {
    throw error
  }
  const queues = [queueOf('local')]
  return JobQueue.open(store, { queues, expireSeconds, maintenanceSeconds: undefined, onError })
}
