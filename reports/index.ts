/** How a run is told. */
export { type GeneratedReport, generateReport } from './generate-report';
export { type DeviceFacts, type Facts, type ReportFacts, reportFacts } from './report-facts';
