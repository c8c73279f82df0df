/// Why a node does not take a transaction: java-tron's response code (api.Return.response_code) and its text.
struct Refusal: Error, Equatable, Sendable {
  enum Code: String, Sendable {
    case signature = "SIGERROR"
    case validate = "CONTRACT_VALIDATE_ERROR"
    case execute = "CONTRACT_EXE_ERROR"
    case bandwidth = "BANDWITH_ERROR"  // java-tron's spelling
    case duplicate = "DUP_TRANSACTION_ERROR"
    case tapos = "TAPOS_ERROR"
    case tooBig = "TOO_BIG_TRANSACTION_ERROR"
    case expiration = "TRANSACTION_EXPIRATION_ERROR"
    case busy = "SERVER_BUSY"
    case noConnection = "NO_CONNECTION"
    case fewConnections = "NOT_ENOUGH_EFFECTIVE_CONNECTION"
    case unsolidified = "BLOCK_UNSOLIDIFIED"
    case other = "OTHER_ERROR"
  }

  let code: Code
  let message: String

  static func signature(_ reason: String) -> Refusal {
    Refusal(code: .signature, message: "Validate signature error: " + reason)
  }

  static func validate(_ reason: String) -> Refusal {
    Refusal(code: .validate, message: "Contract validate error : " + reason)
  }

  static func execute(_ reason: String) -> Refusal {
    Refusal(code: .execute, message: "Contract execute error : " + reason)
  }

  static let bandwidth = Refusal(code: .bandwidth, message: "Account resource insufficient error.")
  static let duplicate = Refusal(code: .duplicate, message: "Dup transaction.")
  static let alreadyExists = Refusal(code: .duplicate, message: "Transaction already exists.")
  static let tapos = Refusal(code: .tapos, message: "Tapos check error.")
  static let expired = Refusal(code: .expiration, message: "Transaction expired")
  static let busy = Refusal(code: .busy, message: "Server busy.")
}
