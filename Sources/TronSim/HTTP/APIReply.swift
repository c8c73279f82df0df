/// An answer: nearly always 200 and JSON, as java-tron's are.
struct APIReply: Sendable {
  var status = 200
  var json: JSON

  init(_ json: JSON, status: Int = 200) {
    self.json = json
    self.status = status
  }

  static let empty = APIReply(.object([]))
}
