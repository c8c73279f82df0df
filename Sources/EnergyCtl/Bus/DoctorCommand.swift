import ArgumentParser
import BusKit
import Contracts

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Look at the whole bus and say what to do.",
    discussion: "Exits 0 when nothing is worse than a note, else 1.")
  @Flag(help: "Show what is well, too.") var verbose = false
  @Flag(help: "Print JSON, with all that was looked at.") var json = false
  @OptionGroup var bus: BusOptions

  func run() async throws {
    let verbose = verbose
    let report = try await bus.withBus { await DoctorReport.gather($0, isVerbose: verbose) }
    try show(report, json: json)
    if !report.ok { throw ExitCode.failure }
  }
}

struct DoctorReport: Report {
  /// Nothing is worse than a note.
  let ok: Bool
  let findings: [Finding]
  private let isVerbose: Bool

  private enum CodingKeys: String, CodingKey { case ok, findings }

  init(_ findings: [Finding], isVerbose: Bool = false) {
    self.findings = findings
    self.isVerbose = isVerbose
    ok = findings.allSatisfy { $0.level <= .note }
  }

  static func gather(_ client: BusClient, isVerbose: Bool = false) async -> DoctorReport {
    let facts = await client.facts(declared: Topic.declared, services: ServiceName.all)
    return DoctorReport(Doctor.examine(facts), isVerbose: isVerbose)
  }

  var text: String {
    let lines = findings.filter { isVerbose || $0.level > .ok }.sorted { $0.level > $1.level }.map { finding in
      let place = [finding.subject, finding.check].filter { !$0.isEmpty }.joined(separator: ", ")
      let remedy = finding.remedy.isEmpty ? "" : "\n    → \(finding.remedy)"
      return "\(finding.level.rawValue)  \(place): \(Words.safe(finding.detail))\(remedy)"
    }
    let well = findings.filter { $0.level == .ok }.count
    return (lines + ["\(well) of \(findings.count) checks are well"]).joined(separator: "\n")
  }
}
