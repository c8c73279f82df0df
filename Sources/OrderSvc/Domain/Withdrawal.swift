/// Whether, and at whose wish, tx-svc has been asked to stop delivering an order.
enum Withdrawal: String, Codable, Sendable, CaseIterable {
  case none
  case byDeadline = "deadline"
  case byCustomer = "customer"
}
