import BusKit

/// Every message of the library, and who writes which topic: what its services are checked against, and what its
/// AsyncAPI document is made from.
let libraryCatalog = MessageCatalog(
  messages: [
    AddBook.self, LendBook.self, ReturnBook.self, CheckReturn.self, BookLent.self, BookReturned.self,
    LoanOverdue.self, LoanAnswer.self, WhoHas.self,
  ],
  writers: [
    .init(LibraryTopic.commands, ["loans-svc"]),
    .init(LibraryTopic.events, ["loans-svc"]),
  ])

/// The library's messages as an AsyncAPI 3 document.
func libraryDocument() throws -> String {
  try AsyncAPIDocument(
    libraryCatalog, title: "A lending library", version: "1.0.0", description: "Who has which book"
  ).text()
}
