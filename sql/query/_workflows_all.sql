-- Every run.
       true
