/// A call that cannot be answered.
enum APIError: Error {
  /// java-tron's form: `{"Error":"class <name> : <message>"}` with status 200.
  case java(String, String)
  /// `{"Error":"<message>"}` with status 200.
  case plain(String)
  /// The control API's form.
  case control(status: Int, String)

  static let nullPointer = APIError.java("java.lang.NullPointerException", "null")
  static let overloaded = APIError.java("java.lang.IllegalAccessException", "lack of computing resources")

  var reply: APIReply {
    switch self {
    case .java(let name, let message): APIReply(["Error": .string("class \(name) : \(message)")])
    case .plain(let message): APIReply(["Error": .string(message)])
    case .control(let status, let message): APIReply(["error": .string(message)], status: status)
    }
  }
}
